/** The commands of tickets and of calls to ticket systems, as main.ts puts them on the program. What each does is loaded when it is called. */
import type { Command } from 'commander'
import type { CallOptions } from './call.ts'
import type { ApiClient } from './client.ts'
import type { CommandTools } from './remediation-commands.ts'

interface Json { json?: boolean }

/** Puts `call` on the program. */
export function ticketCommands(program: Command, { config, print, whole }: Pick<CommandTools, 'config' | 'print' | 'whole'>): void {
  const client = async (): Promise<ApiClient> => new (await import('./client.ts')).ApiClient(config())

  const call = program.command('call').description('calls to ticket systems and webhooks from them')
  call.command('list').option('--company <name>').option('--connector <id>').option('--connection <id>').option('--incident <id>').option('--ticket <id>').option('--status <status>', 'success, error, timeout, with commas').option('--from <time>').option('--to <time>')
    .option('--q <words>', 'an id, or words of reference, address or error').option('--limit <n>', 'at most 200', whole).option('--json').description('the newest, kept thirty days')
    .action(async ({ json, ...options }: Json & CallOptions) => {
      const { callsText, listCalls } = await import('./call.ts')
      const page = await listCalls(await client(), options)
      print({ json: json === true }, page, () => callsText(page))
    })
  call.command('show').argument('<id>').option('--json').description('one with what was sent and answered, redacted').action(async (id: string, options: Json) => {
    const { callText, showCall } = await import('./call.ts')
    const shown = await showCall(await client(), id)
    print(options, shown, () => callText(shown))
  })
}
