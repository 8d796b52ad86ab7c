import { QQConnectError } from './qq-connect-error.js';
import type { LocalizedText } from '../error-codes.js';
import type { QQConfigurationErrorCode } from './codes.js';
import type { QQStep } from './qq-connect-error.js';

/**
 * The application has to change something: an option, or the order of its middleware. Status 500.
 * Its message names options, never their values.
 */
export class QQConfigurationError extends QQConnectError {
  override name = 'QQConfigurationError';
  declare readonly code: QQConfigurationErrorCode;

  constructor(
    message: string,
    hint: LocalizedText,
    code: QQConfigurationErrorCode = 'ERR_QQ_CONFIGURATION',
    step: QQStep = 'configuration',
  ) {
    super('configuration', message, { code, status: 500, action: 'fix_configuration', hint, step });
  }
}
