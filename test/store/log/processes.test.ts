import { openLogStore } from '../../../src/store/log.ts';
import { processContract } from '../contract/processes.ts';

processContract(openLogStore, (folder) => `${folder}/transcripts`);
