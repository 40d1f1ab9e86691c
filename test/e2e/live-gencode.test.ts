/** Live recordings of gencode under random schedules of writes, commands, edits, kills and restarts. */
import { describeSchedules } from '../scene/describe-schedules.ts';

describeSchedules('gencode');
