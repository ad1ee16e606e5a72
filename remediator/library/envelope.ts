/**
 * Makes the text that is sent to a machine: functions, once-guard, inputs, script. Inputs are the only part that does not come from the runbook, and they stand in it as
 * base64 between single quotes, so no value is ever text of the script in either shell.
 */
import { AppError } from '../../schemas/errors.ts'
import type { System } from '../../schemas/runbooks.ts'
import { libraryFor } from './shell-library.ts'

/** Values of inputs by name. */
export type InputValues = Readonly<Record<string, string | number | boolean>>

/** Longest value in bytes: what an environment variable holds on every system. */
export const INPUT_BYTES: Readonly<Record<System, number>> = { linux: 98_304, windows: 32_766 }
/** All values of a command in bytes; above it Linux starts no program any more. */
const INPUTS_BYTES = 262_144
const TOKEN = /^[A-Za-z0-9-]{1,64}$/
const NAME = /^[a-z][A-Za-z0-9]{0,39}$/

/** Environment variable a script finds an input in: `maxAgeDays` is AW_INPUT_MAX_AGE_DAYS. */
export function variableOf(input: string): string {
  return `AW_INPUT_${input.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/**
 * The whole text of a command. Throws `bad_request` for a token, a name or a value that cannot be sent: NUL in it, an unpaired surrogate, or longer than `INPUT_BYTES`.
 */
export function composeScript(system: System, script: string, inputs: InputValues, token: string): string {
  if (!TOKEN.test(token)) throw new AppError('bad_request', 'the token of a command has 1 to 64 letters, digits and hyphens')
  const encoded = Object.entries(inputs).map(([name, value]) => [variableOf(checkedName(name)), encode(system, name, value)] as const)
  const bytes = encoded.reduce((sum, [, text]) => sum + text.length, 0)
  if (bytes > INPUTS_BYTES * (4 / 3)) throw new AppError('bad_request', `the inputs have more than ${INPUTS_BYTES} bytes together`)
  const body = script.replaceAll('\r\n', '\n').trimEnd()
  return system === 'linux' ? linux(body, encoded, token) : windows(body, encoded, token)
}

/** The shell reads a script line by line; in braces it reads all of it before it does anything, so half a script does nothing. */
function linux(body: string, inputs: readonly (readonly [string, string])[], token: string): string {
  const given = inputs.map(([name, value]) => `aw_input ${name} '${value}'`)
  return ['#!/bin/sh', '{', libraryFor('linux', body), `aw_begin '${token}'`, ...given, '', body, '', '}', ''].join('\n')
}

function windows(body: string, inputs: readonly (readonly [string, string])[], token: string): string {
  const given = inputs.map(([name, value]) => `Set-AwInput '${name}' '${value}'`)
  const ends = ["} catch {", "    Stop-AwRun -Code 'script_error' -Message ([string]$_.Exception.Message + ' at line ' + $_.InvocationInfo.ScriptLineNumber)", '}', "Stop-AwRun -Code 'script_ended' -Message 'The script ended before it told a result.'", '']
  return [libraryFor('windows', body), `Start-AwRun '${token}'`, ...given, 'try {', '& {', body, '}', ...ends].join('\n')
}

function checkedName(name: string): string {
  if (!NAME.test(name)) throw new AppError('bad_request', `"${name.slice(0, 60)}" is no name of an input; write it like maxAgeDays`)
  return name
}

function encode(system: System, name: string, value: string | number | boolean): string {
  const text = String(value)
  if (text.includes('\0')) throw new AppError('bad_request', `input ${name} holds a NUL character, which no script can be handed`)
  if (!text.isWellFormed()) throw new AppError('bad_request', `input ${name} holds half a character (an unpaired surrogate)`)
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length > INPUT_BYTES[system]) throw new AppError('bad_request', `input ${name} has ${bytes.length} bytes; ${INPUT_BYTES[system]} at most on ${system}`)
  return bytes.toString('base64')
}
