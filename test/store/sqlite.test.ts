import { openSqliteStore } from '../../src/store/sqlite.ts';
import { describeStore } from '../conformance/describe-store.ts';

describeStore('the SQLite engine', (folder) => openSqliteStore(`${folder}/kato.db`), { keepsData: true });
