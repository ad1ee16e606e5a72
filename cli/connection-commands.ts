/** The commands of connections to ticket systems and of the master key, as main.ts puts them on the program. What each does is loaded when it is called. */
import type { Command } from 'commander'
import { systemClock } from '../schemas/clock.ts'
import type { ApiClient } from './client.ts'
import type { ConnectOptions } from './connect.ts'
import type { MapOptions, Whose } from './connections.ts'
import type { CommandTools } from './remediation-commands.ts'

interface Json { json?: boolean }

/** Puts `connect`, `connection`, `connectors` and `master-key` on the program. */
export function connectionCommands(program: Command, { config, print }: Pick<CommandTools, 'config' | 'print'>): void {
  const client = async (): Promise<ApiClient> => new (await import('./client.ts')).ApiClient(config())
  const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
  const say = (text: string): void => console.error(text)

  program.command('connect').argument('<connector>', 'as `aw connectors` lists them').option('--company <name>', 'the MSP\'s default where none is named').option('--name <name>', 'the connector\'s id unless given').option('--base-url <url>').option('--auth <auth>', 'the connector\'s first unless given')
    .option('--sandbox', 'a test system: used by companies of mode sandbox').option('--scope <scope>', 'may come several times', several).option('--field <name=value>', 'may come several times', several)
    .option('--secret <name[=file]>', 'from a file, or from the next line of standard input; may come several times', several).option('--webhook-secret-file <file>', 'what the system signs its webhooks with; - for standard input').option('--make-webhook-secret', 'make one, shown this once')
    .option('--again', 'agree anew although it is connected').option('--enable', 'put it into use where its check passes').option('--json').description('connect a ticket system: stored, agreed to in a browser where OAuth wants that, checked')
    .action(async (connector: string, { json, ...options }: Json & ConnectOptions) => {
      const [{ connect }, { checkText }] = await Promise.all([import('./connect.ts'), import('./connections.ts')])
      const made = await connect(await client(), connector, options, { clock: systemClock, input: process.stdin, say })
      print({ json: json === true }, made, () => [...(made.webhookSecret === null ? [] : [`webhook secret  ${made.webhookSecret}\nIt is shown this once.`]), ...(made.hookUrl === null ? [] : [`posts to  ${made.hookUrl}`]), checkText(made)].join('\n'))
      if (made.check?.ok !== true) process.exitCode = 1
    })

  program.command('connectors').argument('[connector]').option('--json').description('ticket systems, or what one wants to know and what is to be done there').action(async (id: string | undefined, options: Json) => {
    const { connectorText, connectorsText, listConnectors } = await import('./connectors.ts')
    const items = await listConnectors(await client(), id)
    print(options, id === undefined ? items : items[0], () => (id === undefined ? connectorsText(items) : connectorText(items[0])))
  })

  const connection = program.command('connection').description('connections to ticket systems')
  const one = (name: string): Command => connection.command(name).argument('<connection>', 'its name or id').option('--company <name>').option('--msp', 'of the MSP').option('--json')
  connection.command('list').option('--company <name>').option('--msp', 'the MSP\'s own').option('--json').description('all, with when each was checked and used').action(async ({ json, ...whose }: Json & Whose) => {
    const { connectionsText, listConnections } = await import('./connections.ts')
    const items = await listConnections(await client(), whose)
    print({ json: json === true }, items, () => connectionsText(items))
  })
  one('show').description('one with its mapping and the address its system posts to').action(async (named: string, { json, ...whose }: Json & Whose) => {
    const { connectionText, showConnection } = await import('./connections.ts')
    const shown = await showConnection(await client(), named, whose)
    print({ json: json === true }, shown, () => connectionText(shown))
  })
  one('check').option('--enable', 'put it into use where it works').description('call the system: address, credentials, rights, mapping').action(async (named: string, { json, ...options }: Json & Whose & { enable?: boolean }) => {
    const { checkConnection, checkText } = await import('./connections.ts')
    const found = await checkConnection(await client(), named, options)
    print({ json: json === true }, found, () => checkText(found))
    if (found.check?.ok !== true) process.exitCode = 1
  })
  for (const [word, enabled, description] of [['enable', true, 'put it into use, after its check has passed'], ['disable', false, 'take it out of use']] as const) {
    one(word).description(description).action(async (named: string, { json, ...whose }: Json & Whose) => {
      const { switchConnection } = await import('./connections.ts')
      const found = await switchConnection(await client(), named, whose, enabled)
      print({ json: json === true }, found, () => `${found.name} is ${found.enabled ? 'in use' : 'not in use'}`)
    })
  }
  one('remove').description('forget it and its secrets; its tickets stay').action(async (named: string, { json, ...whose }: Json & Whose) => {
    const { removeConnection } = await import('./connections.ts')
    await removeConnection(await client(), named, whose)
    print({ json: json === true }, { removed: named }, () => `${named} is removed`)
  })
  one('map').option('--status <ours=theirs>', 'may come several times', several).option('--priority <ours=theirs>', 'may come several times', several).option('--place <what=theirs>', 'board, queue, department, …; may come several times', several)
    .description('our words in those of the system; without a change, the values it knows').action(async (named: string, { json, ...options }: Json & MapOptions) => {
      const { mapConnection, mapText } = await import('./connections.ts')
      const mapped = await mapConnection(await client(), named, options)
      print({ json: json === true }, mapped, () => mapText(mapped))
    })

  const key = program.command('master-key').description('the key stored secrets are sealed under')
  key.command('status').option('--json').description('how many secrets are sealed, and whether under the present key').action(async (options: Json) => {
    const { masterKey, masterKeyText } = await import('./master-key.ts')
    const view = await masterKey(await client())
    print(options, view, () => masterKeyText(view))
  })
  key.command('rotate').option('--key-file <file>', '32 bytes in base64, - for standard input; made unless given').option('--json').description('seal everything stored under a new key; goes on after a restart').action(async ({ json, ...options }: Json & { keyFile?: string }) => {
    const { masterKeyText, rotateMasterKey } = await import('./master-key.ts')
    const view = await rotateMasterKey(await client(), options, { clock: systemClock, input: process.stdin, say })
    print({ json: json === true }, view, () => masterKeyText(view))
  })
}
