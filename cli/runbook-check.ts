/** `aw runbook check`: everything wrong with the folders of runbooks; no server needed. */
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { analyse } from '../remediator/library/analysers.ts'
import { checkRunbook, findingLine, type Finding } from '../remediator/library/check.ts'
import { DEFINITION_FILE, runbookFiles } from '../remediator/library/load.ts'
import { AppError } from '../schemas/errors.ts'

/** One folder and what was found in it. */
export interface CheckedFolder {
  readonly folder: string
  readonly ok: boolean
  readonly findings: readonly Finding[]
  /** Analysers that were not there. */
  readonly missing: readonly string[]
}

/** Checks each folder. Throws `usage` for one that is none or holds no runbook. */
export async function checkFolders(folders: readonly string[]): Promise<readonly CheckedFolder[]> {
  const checked: CheckedFolder[] = []
  for (const folder of folders) checked.push(await checkFolder(folder))
  return checked
}

async function checkFolder(folder: string): Promise<CheckedFolder> {
  const path = resolve(folder)
  if (!await isFolder(path)) throw new AppError('usage', `${folder} is no folder; name folders that hold a ${DEFINITION_FILE}`)
  const files = await runbookFiles(path)
  if (files[DEFINITION_FILE] === undefined) throw new AppError('usage', `${folder} holds no ${DEFINITION_FILE}; docs/runbooks.md says how to write one`)
  // Whose it will be is not known here; it changes nothing that is checked.
  const { findings } = checkRunbook(files, { origin: 'company', companyId: null }, basename(path))
  const analysed = await analyse(files)
  const all = [...findings, ...analysed.findings]
  return { folder, ok: !all.some(({ level }) => level === 'mistake'), findings: all, missing: analysed.missing }
}

/** Throws `usage` for what is there and cannot be looked at. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw new AppError('usage', `looking at ${path}: ${code ?? 'error'}`, { cause })
  }
}

/** The same as a person reads it. */
export function checkText(checked: readonly CheckedFolder[]): string {
  const blocks = checked.map(({ folder, ok, findings }) => [`${folder}: ${ok ? 'passes' : 'does not pass'}`, ...findings.map((finding) => `  ${findingLine(finding)}`)].join('\n'))
  const missing = [...new Set(checked.flatMap((one) => one.missing))]
  const failed = checked.filter(({ ok }) => !ok).length
  return [...blocks, ...missing.map((line) => `not done: ${line}`), `${checked.length - failed} of ${checked.length} pass`].join('\n')
}
