import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Auvik webhook notifications; see README.md. */
export const auvik: SourceAdapter = { id: 'auvik', guide, normalise }
