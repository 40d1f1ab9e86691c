import { openLogStore } from '../../src/store/log.ts';
import { describeStore } from '../conformance/describe-store.ts';

describeStore('the log engine', openLogStore, { keepsData: true });
