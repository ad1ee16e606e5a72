/** What no script of a runbook may hold, by system: each rule with the view it looks at, its pattern and how to write it in place. */
import type { System } from '../../schemas/runbooks.ts'
import { lineAt, powershellViews, shellViews, type ScriptViews } from './script-text.ts'

/** One thing found in a script. */
export interface ScriptFinding {
  readonly line: number
  readonly rule: string
  readonly message: string
  /** Only a hint: it may be right. */
  readonly isAdvice: boolean
}

interface Rule {
  readonly rule: string
  readonly view: keyof ScriptViews
  readonly pattern: RegExp
  readonly message: string
  /** Fine where the line fits this. */
  readonly unless?: RegExp
  readonly isAdvice?: true
}

/** Before a command word: the start of a line, an operator, a bracket or a word such as `then`. */
const CALL = String.raw`(?<=^|[\n;|&({]|\b(?:then|do|else|if|while|until)\s|!\s)\s*(?:command\s+|exec\s+|(?:aw_timed|timeout)\s+(?:-\S+\s+\S+\s+)?\S+\s+)?`
const call = (words: string) => new RegExp(`${CALL}(?:${words})`, 'g')

const EVERYWHERE: readonly Rule[] = [
  { rule: 'ssm-parameter', view: 'whole', pattern: /\{\{\s*\/?(?:ssm|ssm-secure|secretsmanager|global|automation)\b/gi, message: 'AWS would put something stored in its place, which nobody was shown; hand it over as an input' },
  { rule: 'not-ascii', view: 'whole', pattern: /[^\t\n\r\x20-\x7e]/g, message: 'has a character that is not ASCII: PowerShell takes some of them for quotes, and bidirectional ones hide what is written' },
]

const SHELL: readonly Rule[] = [
  { rule: 'eval', view: 'plain', pattern: call(String.raw`eval\b`), message: 'eval makes code of text; write the command itself' },
  { rule: 'download-and-run', view: 'plain', pattern: /\b(?:curl|wget|fetch)\b[^\n;&]*\|\s*(?:sudo\s+)?(?:(?:ba|da|k|z)?sh|python3?|perl)\b/g, message: 'runs what somebody else may change; use a package or a file with a digest' },
  { rule: 'download-and-run', view: 'code', pattern: /\b(?:ba|da|k|z)?sh\s+-c\s+"?\$\(\s*(?:curl|wget)|(?:^|[\n;&|]\s*)(?:\.|source)\s+<\(/g, message: 'runs what somebody else may change' },
  { rule: 'code-from-text', view: 'code', pattern: /\b(?:(?:ba|da|k|z)?sh\s+-c|su\s+(?:-\s+)?\S+\s+-c|awk(?:\s+-\w\S*)*|perl\s+-\w*e|python3?\s+-c|ruby\s+-e|node\s+-e)\s+"(?:[^"\\]|\\.)*\$/g, message: 'puts a value into the text of a program; use single quotes and hand it over as an argument, with -v, or by the environment' },
  { rule: 'source-variable', view: 'code', pattern: /(?:^|[\n;&|]\s*)(?:\.|source)\s+"?\$/g, message: 'runs a file whose name comes from a value' },
  { rule: 'rm-recursive', view: 'code', pattern: /\brm\s+(?:-\S+\s+)*-(?:\w*[rR]\w*|-recursive)\b[^\n;|&]*?\s"?\$(?!\{[A-Za-z_]\w*:?\?|AW_DIR\b|\{AW_DIR\})/g, message: 'removes recursively below a variable that may be empty: write "${name:?}", or remove files one by one with aw_remove' },
  { rule: 'rm-recursive', view: 'code', pattern: /\brm\s+(?:-\S+\s+)*-(?:\w*[rR]\w*|-recursive)\b[^\n;|&]*?\s(?:\/|~|\/\*|\.|\*|\/(?:etc|usr|var|home|bin|lib|boot|root))(?=\s|$)/gm, message: 'removes a place no runbook may remove' },
  { rule: 'follows-links', view: 'plain', pattern: /\bfind\s+(?:-\S+\s+)*-L\b|\bfind\b[^\n;|]*\s-follow\b|\bch(?:own|mod|grp)\s+(?:-\S+\s+)*-\w*L/g, message: 'follows links out of their place' },
  { rule: 'fixed-temp-file', view: 'code', pattern: />>?\s*"?(?:\/var)?\/tmp\//g, message: 'writes to a name in a place anybody writes to, where it may be a link; use "$AW_DIR/…"' },
  { rule: 'endless-command', view: 'plain', pattern: call(String.raw`tail\s+(?:-\S+\s+)*(?:-\w*[fF]\b|--follow)|journalctl\b[^\n;|]*\s(?:-\w*f\b|--follow)|watch\s|top\s|sleep\s+infinity|(?:docker|kubectl)\s+logs\b[^\n;|]*\s(?:-f\b|--follow)|kubectl\b[^\n;|]*\s(?:-w\b|--watch)`), message: 'does not end by itself', unless: /\btop\b[^\n]*\s-\w*b/ },
  { rule: 'no-time-limit', view: 'plain', pattern: call(String.raw`ping\s[^\n;|]*`), message: 'ping needs -c and a number', unless: /\bping\b[^\n]*\s-\w*c\s*[\d"$]/ },
  { rule: 'no-time-limit', view: 'plain', pattern: call(String.raw`(?:curl|wget)\s`), message: 'needs a limit of time: curl --max-time, wget --timeout with --tries', unless: /--max-time|\s-m\s*\d|--timeout|\s-T\s*\d|\baw_timed\b|\btimeout\s/ },
  { rule: 'sudo', view: 'plain', pattern: call(String.raw`sudo\s|su\s+-\s*$`), message: 'scripts run as root already' },
  { rule: 'own-exit-trap', view: 'code', pattern: /\btrap\b[^\n]*\b(?:EXIT|0)\b/g, message: 'the result is told by a trap on exit; keep files in $AW_DIR, which is emptied' },
  { rule: 'exit', view: 'plain', pattern: call(String.raw`exit\b(?!\s*\))`), message: 'end with aw_ok, aw_refuse or aw_fail, which tell a result', isAdvice: true },
  { rule: 'not-posix', view: 'whole', pattern: /^#!(?!\/bin\/sh\s*$)/gm, message: 'scripts are POSIX sh' },
  { rule: 'world-writable', view: 'plain', pattern: /\bchmod\s+(?:-\S+\s+)*(?:[0-7]?[0-7]?[0-7][2367]\b|[ao]*\+\w*w)/g, message: 'lets everybody write', unless: /\b1777\b/ },
]

const POWERSHELL: readonly Rule[] = [
  { rule: 'invoke-expression', view: 'plain', pattern: /\b(?:Invoke-Expression|iex)\b|\[scriptblock\]::Create|\bNewScriptBlock\b/gi, message: 'makes code of text; write the command itself' },
  { rule: 'download-and-run', view: 'plain', pattern: /\bDownload(?:String|File|Data)\b|\bStart-BitsTransfer\b/gi, message: 'fetches what somebody else may change' },
  { rule: 'code-from-text', view: 'plain', pattern: /-(?:EncodedCommand|enc)\b|\b(?:powershell|pwsh)(?:\.exe)?\s+-c(?:ommand)?\b|\bcmd(?:\.exe)?\s+\/c\b/gi, message: 'hands text to another shell; call the program itself, with its arguments as a list' },
  { rule: 'remove-recursive', view: 'plain', pattern: /\b(?:Remove-Item|ri|rm|rd|rmdir|del)\b[^\n|;}]*-Rec\w*/gi, message: 'follows junctions out of their place in PowerShell 5.1; walk the folders and leave out what has the attribute ReparsePoint' },
  { rule: 'endless-loop', view: 'plain', pattern: /\bfor\s*\(\s*[^;)]*;\s*;/gi, message: 'has no number as its limit' },
  { rule: 'endless-command', view: 'plain', pattern: /\bGet-Content\b[^\n|;]*-Wait\b|\bping(?:\.exe)?\s[^\n|;]*-t\b/gi, message: 'does not end by itself' },
  { rule: 'no-time-limit', view: 'plain', pattern: /\b(?:Invoke-WebRequest|Invoke-RestMethod|iwr|irm)\b/gi, message: 'needs -TimeoutSec', unless: /-TimeoutSec\b/i },
  { rule: 'asks-somebody', view: 'plain', pattern: /\b(?:Read-Host|Get-Credential|pause)\b|-Confirm(?!:)\b/gi, message: 'waits for somebody who is not there' },
  { rule: 'win32-product', view: 'bare', pattern: /\bWin32_Product\b/gi, message: 'repairs every package it looks at; read the registry\'s Uninstall keys' },
  { rule: 'exit', view: 'plain', pattern: /(?<=^|[\n;{}]\s*)exit\b/gi, message: 'end with Complete-AwRun, Deny-AwRun or Stop-AwRun, which tell a result' },
  { rule: 'not-5.1', view: 'plain', pattern: /&&|\|\||\?\?|-Parallel\b|\$Is(?:Linux|Windows|MacOS)\b|\bGet-Error\b/gi, message: 'is not known to PowerShell 5.1' },
  // Of what PSScriptAnalyzer warns of, the part that can be seen without PowerShell.
  { rule: 'automatic-variable', view: 'plain', pattern: /(?:\$|\bforeach\s*\(\s*\$)(?:args|consolefilename|error|event|eventargs|executioncontext|foreach|home|host|input|matches|myinvocation|nestedpromptlevel|pid|profile|psitem|psscriptroot|pwd|sender|shellid|stacktrace|switch|this)\b(?=\s*(?:[-+*]?=(?!=)|in\b))/gi, message: 'PowerShell itself sets this variable; call it otherwise' },
  { rule: 'alias', view: 'plain', pattern: /(?<=^|[\n;|{(]\s*)(?:%|\?|gci|gi|gc|gp|gps|gsv|gwmi|gcim|sc|ac|ri|rp|del|erase|rd|copy|cp|cpi|mv|mi|move|ren|ls|dir|cat|type|echo|ps|kill|spps|sasv|spsv|sls|select|where|sort|group|measure|ft|fl|oh|iwr|irm|icm|saps|start|sleep|tee|cd|sl|pushd|popd|cls|curl|wget)(?=\s+[^=\s])/gi, message: 'is an alias; write the name of the cmdlet' },
  { rule: 'null-on-the-right', view: 'plain', pattern: /-(?:eq|ne)\s+\$null\b/gi, message: 'compares each element of a list; write $null first' },
  { rule: 'empty-catch', view: 'bare', pattern: /\bcatch\b(?:\s*\[[^\]\n]+\])*\s*\{\s*\}/gi, message: 'hides what went wrong' },
  { rule: 'wmi-cmdlet', view: 'plain', pattern: /\b(?:Get|Set|Invoke|Remove)-WmiObject\b|\bInvoke-WmiMethod\b/gi, message: 'is gone from PowerShell 7; use Get-CimInstance or Invoke-CimMethod' },
  { rule: 'param', view: 'plain', pattern: /^\s*(?:param\s*\(|using\s+(?:namespace|module)|#requires)/gi, message: 'inputs come by Get-AwInput or $env:; a script has no head of its own' },
]

const RULES: Readonly<Record<System, readonly Rule[]>> = { linux: [...EVERYWHERE, ...SHELL], windows: [...EVERYWHERE, ...POWERSHELL] }
const PER_RULE = 5

/** Looks through a script for what it may not hold. */
export function scriptFindings(system: System, text: string): readonly ScriptFinding[] {
  const views = system === 'linux' ? shellViews(text) : powershellViews(text)
  const lines = views.whole.split('\n')
  const findings = RULES[system].flatMap(({ rule, view, pattern, message, unless, isAdvice = false }) =>
    [...views[view].matchAll(pattern)].map(({ index, 0: found }) => ({ line: lineAt(text, index + (found.length - found.trimStart().length)), rule, message, isAdvice }))
      .filter(({ line }) => unless === undefined || !unless.test(lines[line - 1] ?? ''))
      .slice(0, PER_RULE))
  return [...findings, ...loops(system, views.plain)].sort((a, b) => a.line - b.line)
}

/** A loop ends when what it reads ends or when it has counted: its condition reads or compares numbers. */
function loops(system: System, plain: string): ScriptFinding[] {
  const pattern = system === 'linux' ? /(?<=^|[\n;|&({]\s*)(?:while|until)\b([\s\S]*?)(?:;|\n)\s*do\b/g : /\b(?:while|until)\s*\(([^\n]*)/gi
  const isBounded = system === 'linux' ? /\bread\b|\s-(?:lt|le|gt|ge)\s/ : /-(?:lt|le|gt|ge)\b/i
  return [...plain.matchAll(pattern)].filter(({ 1: condition = '' }) => !isBounded.test(condition)).map(({ index }) => ({ line: lineAt(plain, index), rule: 'endless-loop', message: 'the condition has no number as its limit; count the rounds', isAdvice: false }))
}
