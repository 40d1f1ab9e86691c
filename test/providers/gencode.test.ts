import { gencode } from '../../src/providers/gencode/index.ts';
import { describeProvider } from '../conformance/describe-provider.ts';

describeProvider(gencode);
