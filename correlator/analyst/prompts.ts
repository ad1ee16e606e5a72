/** Prompts lie in files with a version in their head, so that every analysis says by which words it was made. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../schemas/errors.ts'
import type { AnswerSchema } from './model/port.ts'

/** A prompt as its file has it. */
export interface Prompt {
  readonly name: string
  /** `incident@1`: what an analysis and the cache name. */
  readonly version: string
  readonly text: string
}

const FILE = /^---\nname: ([a-z-]{1,40})\nversion: (\d{1,6})\n---\n([\s\S]+)$/

/** Reads `prompts/<name>.md`. Throws `internal` when the head is not as it must be. */
export function readPrompt(name: string): Prompt {
  const [, named, version, text] = FILE.exec(readFileSync(join(import.meta.dirname, 'prompts', `${name}.md`), 'utf8')) ?? []
  if (named !== name || version === undefined || text === undefined) throw new AppError('internal', `prompts/${name}.md must begin with its name and version between two lines of ---`)
  return { name, version: `${name}@${version}`, text: text.trim() }
}

/** The JSON Schema every answer must fit. */
export const ANSWER_SCHEMA = JSON.parse(readFileSync(join(import.meta.dirname, 'answer-schema.json'), 'utf8')) as AnswerSchema
