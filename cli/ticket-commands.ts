/** The commands of tickets and of calls to ticket systems, as main.ts puts them on the program. What each does is loaded when it is called. */
import type { Command } from 'commander'
import { AppError } from '../schemas/errors.ts'
import type { CallOptions } from './call.ts'
import type { ApiClient } from './client.ts'
import type { SubjectOptions } from './match-subject.ts'
import type { CommandTools } from './remediation-commands.ts'
import type { AnswerOptions, MatchesOptions } from './ticket-match.ts'
import type { OutboxOptions, ReplayOptions } from './ticket-outbox.ts'

interface Json { json?: boolean }

/** Puts `call` and `ticket` on the program. */
export function ticketCommands(program: Command, { config, print, whole }: Pick<CommandTools, 'config' | 'print' | 'whole'>): void {
  const client = async (): Promise<ApiClient> => new (await import('./client.ts')).ApiClient(config())

  const INCIDENT = 'its number or id'

  const ticket = program.command('ticket').description('tickets of incidents')
  ticket.command('outbox').option('--company <name>').option('--status <status>', 'waiting, calling, done, dead, shown, void, with commas').option('--ticket <id>').option('--incident <incident>', INCIDENT).option('--limit <n>', 'at most 200', whole).option('--json')
    .description('what is to be written to ticket systems, and what became of it').action(async ({ json, ...options }: Json & OutboxOptions) => {
      const { listOrders, ordersText } = await import('./ticket-outbox.ts')
      const page = await listOrders(await client(), options)
      print({ json: json === true }, page, () => ordersText(page))
    })
  ticket.command('replay').argument('[order]', 'its id in `aw ticket outbox`').option('--all', 'all that were given up and fit').option('--company <name>').option('--incident <incident>', INCIDENT).option('--ticket <id>').option('--code <code>', 'with --all: only those given up for this').option('--json')
    .description('try an order that was given up again, or with --all all of them').action(async (id: string | undefined, { json, all, ...options }: Json & ReplayOptions & { all?: boolean }) => {
      const { ordersReplayedText, orderText, replayOrder, replayOrders } = await import('./ticket-outbox.ts')
      if ((id === undefined) === (all !== true) || (id !== undefined && Object.keys(options).length > 0)) throw new AppError('usage', 'name an order of `aw ticket outbox --status dead`, or use --all, which --company, --incident, --ticket and --code narrow down')
      if (id === undefined) {
        const sum = await replayOrders(await client(), options)
        print({ json: json === true }, sum, () => ordersReplayedText(sum))
      } else {
        const order = await replayOrder(await client(), id)
        print({ json: json === true }, order, () => orderText(order))
      }
    })
  ticket.command('drop').argument('<order>', 'its id in `aw ticket outbox`').option('--json').description('never do an order that was given up or waits').action(async (id: string, options: Json) => {
    const { dropOrder, orderText } = await import('./ticket-outbox.ts')
    const order = await dropOrder(await client(), id)
    print(options, order, () => orderText(order))
  })
  ticket.command('list').argument('<incident>', INCIDENT).option('--json').description('its own first, then linked ones').action(async (incident: string, options: Json) => {
    const { listTickets, ticketsText } = await import('./ticket.ts')
    const items = await listTickets(await client(), incident)
    print(options, items, () => ticketsText(items))
  })
  ticket.command('show').argument('<id>').option('--json').description('one in full').action(async (id: string, options: Json) => {
    const { showTicket, ticketText } = await import('./ticket.ts')
    const shown = await showTicket(await client(), id)
    print(options, shown, () => ticketText(shown))
  })
  ticket.command('suggest').argument('<incident>', INCIDENT).option('--json').description('tickets that may belong to it, and why').action(async (incident: string, options: Json) => {
    const { suggestionsText, suggestTickets } = await import('./ticket.ts')
    const found = await suggestTickets(await client(), incident)
    print(options, found, () => suggestionsText(found))
  })
  ticket.command('link').argument('<incident>', INCIDENT).argument('<ticket>', 'its number, the address of its page, or its id there').option('--kind <kind>', 'related, resolves, documents or caused_by; related unless given').option('--connection <id>').option('--json').description('link a ticket that is there')
    .action(async (incident: string, named: string, { json, ...options }: Json & { kind?: string; connection?: string }) => {
      const { linkTicket, ticketText } = await import('./ticket.ts')
      const linked = await linkTicket(await client(), incident, named, options)
      print({ json: json === true }, linked, () => ticketText(linked))
    })
  ticket.command('unlink').argument('<incident>', INCIDENT).argument('<id>', 'ours, as `aw ticket list` shows it').description('take a link away; the ticket stays as it is').action(async (incident: string, id: string) => {
    const { unlinkTicket } = await import('./ticket.ts')
    await unlinkTicket(await client(), incident, id)
  })
  const TICKET = ['--ticket <id>', 'ours, as `aw ticket list` shows it; the incident\'s own newest unless given'] as const
  ticket.command('note').argument('<incident>', INCIDENT).argument('<text>').option(...TICKET).option('--public', 'the client reads it').option('--json').description('write a note into its own ticket').action(async (incident: string, text: string, { json, public: isPublic, ...options }: Json & { ticket?: string; public?: boolean }) => {
    const { noteTicket, orderedText } = await import('./ticket.ts')
    const done = await noteTicket(await client(), incident, text, { ...options, isPublic: isPublic === true })
    print({ json: json === true }, done, () => orderedText(done))
  })
  ticket.command('attach').argument('<incident>', INCIDENT).argument('<file>', 'at most 1 MiB').option(...TICKET).option('--type <type>', 'its content type, application/octet-stream unless given').option('--json').description('put a file into its own ticket')
    .action(async (incident: string, file: string, { json, ...options }: Json & { ticket?: string; type?: string }) => {
      const { attachToTicket, orderedText } = await import('./ticket.ts')
      const done = await attachToTicket(await client(), incident, file, options)
      print({ json: json === true }, done, () => orderedText(done))
    })
  ticket.command('time').argument('<incident>', INCIDENT).argument('<minutes>', 'at most 1440', whole).argument('<text>').option(...TICKET).option('--started <time>', 'it ends now unless given').option('--json').description('book time in its own ticket')
    .action(async (incident: string, minutes: number, text: string, { json, ...options }: Json & { ticket?: string; started?: string }) => {
      const { bookTime, orderedText } = await import('./ticket.ts')
      const done = await bookTime(await client(), incident, minutes, text, options)
      print({ json: json === true }, done, () => orderedText(done))
    })
  ticket.command('change').argument('<incident>', INCIDENT).argument('<reason>').option(...TICKET).option('--title <text>').option('--plan <text>').option('--way-back <text>').option('--test <text>').option('--urgent', 'it cannot wait for the usual approval').option('--json').description('ask for a change request of its own ticket')
    .action(async (incident: string, reason: string, { json, ...options }: Json & { ticket?: string; title?: string; plan?: string; wayBack?: string; test?: string; urgent?: boolean }) => {
      const { orderedText, requestChange } = await import('./ticket.ts')
      const done = await requestChange(await client(), incident, { reason, ...options })
      print({ json: json === true }, done, () => orderedText(done))
    })
  ticket.command('knowledge').argument('<incident>', INCIDENT).argument('[words...]', 'what is wrong, in its own words, unless given').option('--json').description('articles of the ticket system that may help').action(async (incident: string, words: string[], options: Json) => {
    const { knowledgeText, searchKnowledge } = await import('./ticket.ts')
    const found = await searchKnowledge(await client(), incident, words)
    print(options, found, () => knowledgeText(found))
  })
  ticket.command('matches').option('--company <name>').option('--status <status>', 'asked, matched or none').option('--json').description('which customer, machine or person of a ticket system is which of ours, and which wait for your answer').action(async ({ json, ...options }: Json & MatchesOptions) => {
    const { listMatches, matchesText } = await import('./ticket-match.ts')
    const items = await listMatches(await client(), options)
    print({ json: json === true }, items, () => matchesText(items))
  })
  const ofSubject = (command: Command): Command => command.requiredOption('--company <name>').option('--asset <name>', 'a machine of it').option('--user <name>', 'a person, by name or id').option('--connection <name>', 'where several ticket systems may be meant').option('--json')
  ofSubject(ticket.command('match').argument('[theirs]', 'the name or id it has there')).option('--id <id>', 'its id there, taken as it is').option('--none', 'there is none there').description('say which one is meant, or say it again; tickets that waited for it are made')
    .action(async (theirs: string | undefined, { json, ...options }: Json & AnswerOptions) => {
      const { answeredText, answerMatch } = await import('./ticket-match.ts')
      const answered = await answerMatch(await client(), theirs, options)
      print({ json: json === true }, answered.match, () => answeredText(answered))
    })
  ofSubject(ticket.command('candidates').argument('[words...]', 'our own name unless given')).description('look in the ticket system for what may be meant').action(async (words: string[], { json, ...options }: Json & SubjectOptions) => {
    const { candidatesText, findCandidates } = await import('./ticket-match.ts')
    const found = await findCandidates(await client(), words, options)
    print({ json: json === true }, found, () => candidatesText(found))
  })
  ticket.command('settings').argument('[file]', 'JSON to set; what it leaves out is inherited').option('--company <name>', 'what holds for all companies unless given').option('--json').description('what is wanted of tickets: whether, when, how many notes, who closes them')
    .action(async (file: string | undefined, { json, company }: Json & { company?: string }) => {
      const { ticketSettings, ticketSettingsText } = await import('./ticket-settings.ts')
      const view = await ticketSettings(await client(), { ...(company === undefined ? {} : { company }), ...(file === undefined ? {} : { file }) })
      print({ json: json === true }, view, () => ticketSettingsText(view))
    })

  const call = program.command('call').description('calls to ticket systems and webhooks from them')
  call.command('list').option('--company <name>').option('--connector <id>').option('--connection <id>').option('--incident <incident>', INCIDENT).option('--ticket <id>').option('--status <status>', 'success, error, timeout, with commas').option('--from <time>').option('--to <time>')
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
