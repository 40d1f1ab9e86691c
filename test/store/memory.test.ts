import { createMemoryStore } from '../../src/store/memory.ts';
import { describeStore } from '../conformance/describe-store.ts';

describeStore('the memory engine', createMemoryStore, { keepsData: false });
