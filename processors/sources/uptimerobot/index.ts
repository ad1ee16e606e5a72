import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** UptimeRobot webhooks; see README.md. */
export const uptimerobot: SourceAdapter = { id: 'uptimerobot', guide, normalise }
