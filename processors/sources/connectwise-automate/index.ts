import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** ConnectWise Automate (LabTech) alert templates and alert objects; see README.md. */
export const connectwiseAutomate: SourceAdapter = { id: 'connectwise-automate', guide, normalise }
