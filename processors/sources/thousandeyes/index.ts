import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** ThousandEyes classic and custom webhooks; see README.md. */
export const thousandeyes: SourceAdapter = { id: 'thousandeyes', guide, normalise }
