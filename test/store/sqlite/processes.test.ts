import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { processContract } from '../contract/processes.ts';

processContract(openSqliteStore, (folder) => `${folder}/kato.db`);
