/**
 * The syntax of every PowerShell script that ships, and of what is sent of it, by the grammar that VS Code uses (tree-sitter, in WebAssembly): PowerShell itself cannot be had everywhere.
 * The grammar is a little stricter than PowerShell: an argument that calls a method stands in brackets, and units of bytes in capitals (`1KB`) are read as small letters here.
 */
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import type * as Grammars from '@vscode/tree-sitter-wasm'
import { beforeAll, describe, expect, test } from 'vitest'
import { COMPONENTS } from '../../remediator/executors/datto-rmm/component.ts'
import { execScripts } from '../../remediator/executors/gcp/scripts.ts'
import { composeScript } from '../../remediator/library/envelope.ts'
import { runbookFiles } from '../../remediator/library/load.ts'
import { shippedFolders } from '../../remediator/library/shipped.ts'

const require = createRequire(import.meta.url)
const FUNCTIONS = join(import.meta.dirname, '../../remediator/library/shell')
const scripts = (await Promise.all((await shippedFolders()).map(async (folder) => Object.entries(await runbookFiles(folder)).filter(([file]) => file.endsWith('.ps1')).map(([file, text]) => [`${basename(folder)}/${file}`, text] as const)))).flat()
let parser: Grammars.Parser

beforeAll(async () => {
  const { Language, Parser } = require('@vscode/tree-sitter-wasm') as typeof Grammars
  await Parser.init()
  parser = new Parser()
  parser.setLanguage(await Language.load(join(require.resolve('@vscode/tree-sitter-wasm'), '../tree-sitter-powershell.wasm')))
})

function mistakes(text: string): string[] {
  const tree = parser.parse(text.replace(/(?<=[\d)])(KB|MB|GB|TB)\b/g, (unit) => unit.toLowerCase()))
  const found: string[] = []
  const look = (node: Grammars.Node | null) => {
    if (node === null) return
    if (node.isError || node.isMissing) found.push(`line ${node.startPosition.row + 1}: ${JSON.stringify(node.text.slice(0, 60))}`)
    else if (node.hasError) node.children.forEach(look)
  }
  look(tree?.rootNode ?? null)
  return found.length === 0 && tree?.rootNode.hasError !== false ? ['somewhere'] : found
}

describe('PowerShell', () => {
  test.each(scripts)('of %s has no mistake of syntax, nor has what is sent of it', (_, text) => {
    expect(mistakes(text)).toEqual([])
    expect(mistakes(composeScript('windows', text, { value: 'x' }, 't-1'))).toEqual([])
  })

  test('of the functions has none', async () => {
    for (const name of (await readdir(FUNCTIONS)).filter((file) => file.endsWith('.ps1'))) expect(mistakes(await readFile(join(FUNCTIONS, name), 'utf8'))).toEqual([])
  })

  test('of what is sent to Windows on Google Cloud has none', () => {
    const { validate, enforce } = execScripts({ system: 'windows', timeoutMs: 60_000, script: 'Write-Output 1' }, { id: 'aw-0123', instanceNumber: '4567890123456789012', beginsBefore: 1_800_000_000 })
    expect(mistakes(validate)).toEqual([])
    expect(mistakes(enforce)).toEqual([])
  })

  test('of the component for Datto RMM has none', () => {
    expect(mistakes(COMPONENTS.windows)).toEqual([])
  })

  test.each(['if ($x { 1 }', "$a = 'x", 'foreach ($x in) { }', 'if ($a -eq ) { 1 }', 'function { }', '}', 'try { 1', '$x = @{ a = 1; b }', '$x = $y ?? 3'])('%j is a mistake', (text) => {
    expect(mistakes(text)).not.toEqual([])
  })
})
