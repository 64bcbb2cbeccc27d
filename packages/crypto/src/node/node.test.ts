import { describeProvider } from '../provider/compliance.testkit.js';
import { nodeCrypto } from './index.js';

describeProvider(nodeCrypto);
