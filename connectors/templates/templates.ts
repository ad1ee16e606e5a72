/**
 * The form of a ticket's text in each PSA: how long title and text may be there, and how headings and lists stand. Texts are plain; where a PSA wants HTML, wiki markup or a
 * document, its connector makes it of the lines. What a PSA does not say otherwise is as in DEFAULT.
 */

/** Parts of a text, in the order they have unless a PSA wants another. */
export const PARTS = ['facts', 'assets', 'what_happened', 'cause', 'explanation', 'runbooks', 'approvals', 'history', 'link'] as const

/** One of the parts above. */
export type Part = (typeof PARTS)[number]

/** How a text is formed. */
export interface TicketTemplate {
  /** Longest title, in characters. */
  readonly titleMax: number
  /** Longest text, in characters. */
  readonly textMax: number
  /** What the title is made of. */
  readonly title: (words: { readonly severity: string; readonly title: string; readonly number: number }) => string
  /** A heading as it stands in its line. */
  readonly heading: (words: string) => string
  readonly bullet: string
  readonly parts: readonly Part[]
  /** Problems listed at most. */
  readonly problemsMax: number
}

const DEFAULT: TicketTemplate = {
  titleMax: 200, textMax: 12_000, title: ({ severity, title }) => `[${severity.toUpperCase()}] ${title}`, heading: (words) => `${words}:`, bullet: '- ', parts: PARTS, problemsMax: 10,
}

/** By connector; lengths are those of the vendors' fields, or less. */
const TEMPLATES: Readonly<Record<string, Partial<TicketTemplate>>> = {
  // A summary has 100 characters there, and boards show only its start.
  'connectwise-manage': { titleMax: 100, textMax: 10_000, title: ({ severity, title }) => `${severity.toUpperCase()}: ${title}` },
  autotask: { titleMax: 255, textMax: 7_500 },
  halopsa: { titleMax: 255, textMax: 12_000 },
  syncromsp: { titleMax: 255, textMax: 10_000 },
  atera: { titleMax: 200, textMax: 8_000 },
  // A short description has 160 characters, a description 4,000: fewer problems, and the link before all that may be cut.
  servicenow: { titleMax: 160, textMax: 3_900, title: ({ severity, title }) => `${title} (${severity})`, problemsMax: 5, parts: ['facts', 'link', 'assets', 'cause', 'what_happened', 'approvals', 'runbooks', 'explanation', 'history'] },
  'zoho-desk': { titleMax: 255, textMax: 12_000 },
  zendesk: { titleMax: 150, textMax: 12_000 },
  freshdesk: { titleMax: 255, textMax: 12_000 },
  // Its editor makes a list of lines that begin with a star.
  'jira-service-management': { titleMax: 240, textMax: 12_000, title: ({ severity, title, number }) => `${title} [${severity}, incident ${number}]`, heading: (words) => words.toUpperCase(), bullet: '* ' },
  'request-tracker': { titleMax: 200, textMax: 12_000 },
}

/** Connectors with a form of their own. */
export const TEMPLATE_IDS: readonly string[] = Object.keys(TEMPLATES)

/** The form for a connector; the default for one that has none of its own. */
export function templateOf(connector: string): TicketTemplate {
  return { ...DEFAULT, ...TEMPLATES[connector] }
}
