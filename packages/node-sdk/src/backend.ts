/** Which node a client on Node talks to: the shared functions with the addresses of native gRPC. */
import {
  type Backend,
  type BackendChoice,
  type BackendEnv,
  type NetworkOptions,
  BackendBuilder as SharedBuilder,
  chosenBackend as sharedChoice,
  createBackend as sharedCreate,
} from '@conclave/sdk';
import { ApiUrls } from './constants.js';

/** Collects the parts of a Backend. */
export class BackendBuilder extends SharedBuilder {
  /** @throws SdkError `sdk/unknown-environment` */
  constructor(env: BackendEnv) {
    super(env, ApiUrls);
  }
}

/**
 * A backend of these options; `env` defaults to `dev`.
 * @throws SdkError `sdk/unknown-environment`, `sdk/missing-gateway-host`
 */
export function createBackend(options: NetworkOptions = {}): Promise<Backend> {
  return sharedCreate(options, ApiUrls);
}

/** The backend of a call without a client; default `dev`. */
export function chosenBackend(given?: BackendChoice, gatewayHost?: string): Promise<Backend> {
  return sharedChoice(given, gatewayHost, ApiUrls);
}
