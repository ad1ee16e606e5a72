/**
 * The functions that scripts of runbooks may call: every file of shell/. A command carries only those it needs: the functions its script names, those they name, and what stands outside of
 * functions in lib.sh and lib.ps1. A further file of shell/ needs no registration; it holds functions alone, each from `name() {` (`function Name {`) to a `}` at the start of a line.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { System } from '../../schemas/runbooks.ts'

interface Library {
  /** What stands outside of functions: options, variables. Always sent. */
  readonly head: string
  /** By name, in the order of the files. */
  readonly functions: ReadonlyMap<string, string>
}

/** Functions that what is put around a script calls. */
const ROOTS: Readonly<Record<System, readonly string[]>> = {
  linux: ['aw_begin', 'aw_input'],
  windows: ['Start-AwRun', 'Set-AwInput', 'Stop-AwRun'],
}
const HEADER: Readonly<Record<System, RegExp>> = {
  linux: /^([a-z_][a-z0-9_]*)\(\) \{/,
  windows: /^function ([A-Za-z]+-[A-Za-z]+) \{/i,
}
const FOLDER = new URL('shell/', import.meta.url)
const LIBRARIES: Readonly<Record<System, Library>> = { linux: read('linux', '.sh'), windows: read('windows', '.ps1') }

/** What a script needs of the functions, without comments and empty lines. */
export function libraryFor(system: System, script: string): string {
  const { head, functions } = LIBRARIES[system]
  const needed = new Set<string>()
  const open = [...ROOTS[system], ...called(functions, `${head}\n${script}`)]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const text = functions.get(name)
    if (text === undefined || needed.has(name)) continue
    needed.add(name)
    open.push(...called(functions, text))
  }
  return [head, ...[...functions].filter(([name]) => needed.has(name)).map(([, text]) => text)].join('\n')
}

/** Names of all functions there are. */
export function libraryFunctions(system: System): readonly string[] {
  return [...LIBRARIES[system].functions.keys()]
}

/** Functions whose name stands in a text, as a word; PowerShell does not mind case. */
function called(functions: ReadonlyMap<string, string>, text: string): string[] {
  const words = new Set((text.match(/[A-Za-z_][\w-]*/g) ?? []).map((word) => word.toLowerCase()))
  return [...functions.keys()].filter((name) => words.has(name.toLowerCase()))
}

function read(system: System, extension: string): Library {
  const first = `lib${extension}`
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(extension)).sort((a, b) => Number(b === first) - Number(a === first) || (a < b ? -1 : 1))
  const head: string[] = []
  const functions = new Map<string, string>()
  for (const file of files) {
    let open: { name: string; lines: string[] } | null = null
    for (const line of readFileSync(new URL(file, FOLDER), 'utf8').split('\n')) {
      if (/^\s*(#.*)?$/.test(line)) continue
      const name: string | undefined = open === null ? HEADER[system].exec(line)?.[1] : undefined
      if (name !== undefined) open = { name, lines: [] }
      if (open === null) {
        head.push(line)
        continue
      }
      open.lines.push(line)
      const isOneLine = open.lines.length === 1 && line.endsWith('}')
      if (line !== '}' && !isOneLine) continue
      if (functions.has(open.name)) throw new Error(`shell/${file} defines ${open.name} a second time`)
      functions.set(open.name, open.lines.join('\n'))
      open = null
    }
    if (open !== null) throw new Error(`shell/${file}: the function ${open.name} does not end with a } at the start of a line`)
  }
  return { head: head.join('\n'), functions }
}
