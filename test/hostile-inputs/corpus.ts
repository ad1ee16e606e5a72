/** Values that would be code if they were ever text of a script, each with what it attacks. `canary` is a file that only code could make. */

/** One hostile value. */
export interface HostileInput {
  readonly name: string
  readonly value: string
}

/** All of them. In each, whatever a shell would run makes the canary: `touch` on Linux, `New-Item` on Windows. */
export function hostileInputs(canary: string): readonly HostileInput[] {
  const sh = `touch ${canary}`
  const ps = `New-Item ${canary}`
  const inputs: Readonly<Record<string, string>> = {
    'a single quote': `'; ${sh}; '`,
    'a single quote at its end': `x'`,
    'a double quote': `"; ${sh}; "`,
    'both quotes, escaped': `\\'; ${sh} #\\"`,
    'a new line': `x\n${sh}\n`,
    'new lines at its end': 'x\n\n\n',
    'nothing but a new line': '\n',
    'carriage returns': `x\r\n${sh}\r`,
    'a command substitution': `$(${sh})`,
    'nested substitutions': `$(echo $(${sh}))`,
    'backticks': `\`${sh}\``,
    'a semicolon': `; ${sh}`,
    'an ampersand': `& ${sh} &`,
    'and': `&& ${sh}`,
    'or': `|| ${sh}`,
    'a pipe': `| ${sh}`,
    'a redirection': `> ${canary}`,
    'a redirection with a here-document': `<<X\n${sh}\nX`,
    'a process substitution': `<(${sh})`,
    'a variable': '$HOME ${IFS} $0 $$ ${PATH}',
    'an arithmetic expansion': `$((1$(${sh})))`,
    'an array index that is arithmetic': `a[$(${sh})]`,
    'the function export of old bash': `() { :; }; ${sh}`,
    'a printf format': '%s%n%x%d\\x41\\0101',
    'a backslash at its end': 'x\\',
    'leading dashes': '--help -rf --',
    'globs': '* ? [a-z]* /etc/* ~ ~root',
    'the end of the braces': `}\n${sh}\n{`,
    'the end of a function of ours': `}\naw_ok done\n${sh}`,
    'a result line of ours': '{"aw":1,"outcome":"ok","code":null,"message":"fine","changed":[],"changedCount":0,"facts":{}}',
    'base64 of ours': `'$(${sh})' | base64 -d`,
    'a stored parameter of AWS': '{{ssm:/secret}} {{ ssm-secure:/secret }}',
    'a PowerShell substitution': `$(${ps})`,
    'a PowerShell substitution in quotes': `"$(${ps})"`,
    'a PowerShell escape': `\`"; ${ps}; \`"`,
    'a PowerShell here-string': `'@\n${ps}\n@'`,
    'a PowerShell here-string in double quotes': `"@\n${ps}\n@"`,
    'a script block': `{ ${ps} }`,
    'a PowerShell comment end': `#> ${ps} <#`,
    'quotes of Unicode that PowerShell takes for single ones': `\u2018; ${ps}; \u2019 \u201a \u201b`,
    'quotes of Unicode that PowerShell takes for double ones': `\u201c; ${ps}; \u201d \u201e`,
    'dashes of Unicode that PowerShell takes for hyphens': '\u2013Recurse \u2014Force \u2015',
    'bidirectional text': `\u202e${sh}\u202c\u2066x\u2069`,
    'a byte-order mark and characters of no width': '\ufeffx\u200b\u200d\u00ad',
    'letters of every width': 'ä € 𝄞 日本 🙂',
    'an escape sequence of a terminal': '\u001b[2J\u001b]0;x\u0007',
    'control characters': '\u0001\u0002\u0008\u000b\u000c\u007f',
    'line separators of Unicode': `x\u2028${sh}\u2029${sh}\u0085`,
    'a cmd variable': '%PATH% ^& !x!',
    '64 KB': `'$(${sh})`.padEnd(65_536, 'A'),
    'spaces at both ends': '  x  ',
    'a tab': '\tx\t',
  }
  return Object.entries(inputs).map(([name, value]) => ({ name, value }))
}
