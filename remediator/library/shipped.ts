/** The runbooks that ship with the program: the folders of remediator/runbooks. */
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { AppError } from '../../schemas/errors.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import { loadRunbook, mistakeLine } from './load.ts'

/** Where they lie. */
export const SHIPPED_FOLDER = fileURLToPath(new URL('../runbooks', import.meta.url))

/** Folders of the runbooks that ship with the program, by name. */
export async function shippedFolders(): Promise<readonly string[]> {
  const entries = await readdir(SHIPPED_FOLDER, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(SHIPPED_FOLDER, name)).sort()
}

/** Reads all of them, by id. Throws `internal` with every mistake; a test reads them all, so a release has none. */
export async function shippedRunbooks(): Promise<readonly Runbook[]> {
  const loaded = await Promise.all((await shippedFolders()).map((folder) => loadRunbook(folder)))
  const mistakes = loaded.flatMap((one) => one.mistakes)
  if (mistakes.length > 0) throw new AppError('internal', `reading the runbooks that ship with the program: ${mistakes.map(mistakeLine).join('; ')}`)
  return loaded.flatMap(({ runbook }) => (runbook === null ? [] : [runbook]))
}
