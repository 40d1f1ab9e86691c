import { hermes } from '../../src/providers/hermes/index.ts';
import { describeProvider } from '../conformance/describe-provider.ts';
import { stageDatabases } from '../support/hermes-database.ts';

describeProvider(hermes, stageDatabases);
