import { AppError } from '../../../schemas/errors.ts'
import type { Model } from './port.ts'

/** A model that makes no call: every question throws `llm_off` with this reason. */
export function noModel(reason: string): Model {
  return {
    ask: async () => {
      throw new AppError('llm_off', reason)
    },
    state: () => [],
  }
}
