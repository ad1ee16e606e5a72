/** Notices: what people are told by mail or chat when the remediator needs their word. */

/** Kinds of chat a notice can go to. */
export const CHANNEL_KINDS = ['slack', 'teams'] as const

/** One of the kinds above. */
export type ChannelKind = (typeof CHANNEL_KINDS)[number]

/** A room of a chat, as shown; its address is never shown again. */
export interface NoticeChannelView {
  readonly id: string
  /** Null: the MSP's, told of every company. */
  readonly companyId: string | null
  readonly kind: ChannelKind
  readonly name: string
  readonly enabled: boolean
  readonly createdAt: string
  readonly updatedAt: string
  readonly lastSentAt: string | null
  /** Why the newest notice did not get through; null while all is well. */
  readonly lastError: string | null
}

/** What makes a channel. */
export interface NoticeChannelDraft {
  readonly kind: ChannelKind
  readonly name: string
  /** The address the chat gave for posting into the room. */
  readonly address: string
  readonly enabled: boolean
}

/** Hosts that a chat gives addresses of; anything else could be a machine of ours. `.` in front: any name below it. */
const HOSTS: Readonly<Record<ChannelKind, readonly string[]>> = {
  slack: ['hooks.slack.com', 'hooks.slack-gov.com'],
  teams: ['.logic.azure.com', '.api.powerplatform.com', '.environment.api.powerplatform.com', '.webhook.office.com'],
}

/** What is wrong with an address, as a sentence that does not repeat it; null when nothing is. */
export function addressMistake(kind: ChannelKind, address: string): string | null {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '') return 'address must be the https address that the chat gave for posting into the room'
  if (url.port !== '' || !HOSTS[kind].some((host) => (host.startsWith('.') ? url.hostname.endsWith(host) : url.hostname === host))) {
    return `address must be of ${HOSTS[kind].map((host) => host.replace(/^\./, '*.')).join(', ')}; ${kind === 'slack' ? 'make an incoming webhook in Slack' : 'make a workflow "When a Teams webhook request is received" in Teams'} and paste its address`
  }
  return null
}

/** A request for somebody's word, as it is told. All texts may come from outside and are escaped where they are shown. */
export interface Notice {
  readonly subject: string
  readonly summary: string
  /** Shown as a list of names and values. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** Where to decide. */
  readonly link: string
  /** What the link is good for. */
  readonly linkText: string
}
