import { claudeCode } from '../../src/providers/claude-code/index.ts';
import { describeProvider } from '../conformance/describe-provider.ts';

describeProvider(claudeCode);
