import { describeProvider } from '../provider/compliance.testkit.js';
import { nobleCrypto } from './index.js';

describeProvider(nobleCrypto);
