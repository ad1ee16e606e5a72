/** How ticket settings go together: what a company sets, over what the MSP sets for all, over what the program starts with. Values of the mapping cascade one by one. */
import { DEFAULT_TICKET_SETTINGS, TICKET_STATES, type TicketMapping, type TicketSettings } from './tickets.ts'

/** What one level sets itself. */
export type TicketOverrides = Partial<TicketSettings>

/** Settings of a scope as shown; company id null: the MSP, for all companies. */
export interface TicketSettingsView {
  readonly companyId: string | null
  /** What was set here. */
  readonly settings: TicketOverrides
  /** What holds. */
  readonly effective: TicketSettings
  readonly updatedAt: string | null
}

const SEVERITIES: readonly string[] = ['critical', 'high', 'medium', 'low', 'info']
const FLAGS = ['enabled', 'publicNotes', 'autoClose', 'timeEntries'] as const
/** Lowest and highest value of each number. */
const LIMITS = { delaySeconds: [0, 3_600], noteEverySeconds: [0, 86_400], reopenHours: [0, 8_760] } as const
const NAMES: readonly string[] = [...FLAGS, ...Object.keys(LIMITS), 'minSeverity', 'mapping']
const VALUES_MAX = 50
const TEXT_MAX = 200

/** The levels over each other. */
export function effectiveTicketSettings(msp: TicketOverrides, company: TicketOverrides): TicketSettings {
  return { ...DEFAULT_TICKET_SETTINGS, ...msp, ...company, mapping: mappings(msp.mapping ?? {}, company.mapping ?? {}) }
}

function mappings(base: Partial<TicketMapping>, over: Partial<TicketMapping>): Partial<TicketMapping> {
  return { status: { ...base.status, ...over.status }, priority: { ...base.priority, ...over.priority }, place: { ...base.place, ...over.place } }
}

/** Everything wrong with settings that somebody wants to store, in sentences; empty when nothing is. */
export function ticketSettingsMistakes(settings: Readonly<Record<string, unknown>>): string[] {
  return [
    ...Object.keys(settings).filter((name) => !NAMES.includes(name)).map((name) => `${name}: there is no such setting; known are ${NAMES.join(', ')}`),
    ...FLAGS.filter((name) => settings[name] !== undefined && typeof settings[name] !== 'boolean').map((name) => `${name}: true or false`),
    ...Object.entries(LIMITS).filter(([name, [least, most]]) => settings[name] !== undefined && !isWithin(settings[name], least, most)).map(([name, [least, most]]) => `${name}: a whole number from ${least} to ${most}`),
    ...(settings['minSeverity'] === undefined || SEVERITIES.some((severity) => severity === settings['minSeverity']) ? [] : [`minSeverity: one of ${SEVERITIES.join(', ')}`]),
    ...(settings['mapping'] === undefined ? [] : mappingMistakes(settings['mapping'])),
  ]
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
}

/** Everything wrong with a mapping. */
export function mappingMistakes(mapping: unknown): string[] {
  if (!isObject(mapping)) return ['mapping: an object with status, priority and place']
  const known: Readonly<Record<string, readonly string[] | null>> = { status: TICKET_STATES, priority: SEVERITIES, place: null }
  return Object.entries(mapping).flatMap(([name, values]) => {
    const words = known[name]
    if (words === undefined) return [`mapping.${name}: there is no such part; known are status, priority, place`]
    if (!isObject(values) || Object.keys(values).length > VALUES_MAX) return [`mapping.${name}: an object of at most ${VALUES_MAX} texts`]
    return Object.entries(values).flatMap(([word, value]) => [
      ...(words === null || words.includes(word) ? [] : [`mapping.${name}.${word.slice(0, 60)}: one of ${words.join(', ')}`]),
      ...(typeof value === 'string' && value !== '' && value.length <= TEXT_MAX ? [] : [`mapping.${name}.${word.slice(0, 60)}: a text of 1 to ${TEXT_MAX} characters`]),
    ])
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
