/** Live recordings of gencode under random schedules of writes, commands, edits, kills and restarts. */
import { describeSchedules } from '../scene/describe-schedules.ts';

// Each way of writing with each way of keeping, twice and more; to append to a file is tested with all other agents.
describeSchedules('gencode', 12);
