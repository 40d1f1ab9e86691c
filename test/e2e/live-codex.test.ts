/** Live recordings of Codex under random schedules of writes, commands, edits, kills and restarts. */
import { describeSchedules } from '../scene/describe-schedules.ts';

describeSchedules('codex');
