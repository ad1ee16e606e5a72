/** `aw channel`: rooms of Slack and Teams that are told when the remediator needs a word. */
import { readFileSync } from 'node:fs'
import { AppError } from '../schemas/errors.ts'
import { CHANNEL_KINDS, type NoticeChannelView } from '../schemas/notices.ts'
import type { ApiClient } from './client.ts'
import { cell, table } from './output.ts'
import { companyNamed } from './send.ts'

/** Channels of a company; without one those of the MSP. */
export async function listChannels(api: ApiClient, company: string | undefined): Promise<readonly NoticeChannelView[]> {
  const query = company === undefined ? '' : `?company=${encodeURIComponent((await companyNamed(api, company)).id)}`
  return (await api.call<{ items: NoticeChannelView[] }>('GET', `/api/notice-channels${query}`)).items
}

/** The list as a person reads it. */
export function channelsText(channels: readonly NoticeChannelView[]): string {
  if (channels.length === 0) return 'No channels.'
  return table(['id', 'chat', 'name', 'state', 'last told', 'last error'], channels.map(({ id, kind, name, enabled, lastSentAt, lastError }) => [id, kind, cell(name, 40), enabled ? 'on' : 'off', lastSentAt ?? 'never', cell(lastError ?? '', 60)]))
}

/** Adds one. Its address is a secret: it is read from a file, or from standard input with `-`, never from the command line. */
export async function addChannel(api: ApiClient, kind: string, name: string, options: { readonly company?: string; readonly addressFile: string }): Promise<NoticeChannelView> {
  if (!CHANNEL_KINDS.some((known) => known === kind)) throw new AppError('usage', `the chat is one of ${CHANNEL_KINDS.join(', ')}, not "${kind}"`)
  const path = options.company === undefined ? '/api/notice-channels' : `/api/companies/${encodeURIComponent((await companyNamed(api, options.company)).id)}/notice-channels`
  return api.call<NoticeChannelView>('POST', path, { kind, name, address: secretFrom(options.addressFile) })
}

function secretFrom(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').trim()
  } catch (cause) {
    throw new AppError('usage', `reading ${file}: ${(cause as NodeJS.ErrnoException).code ?? 'error'}`, { cause })
  }
}

/** Forgets one. */
export async function removeChannel(api: ApiClient, id: string): Promise<void> {
  await api.call('DELETE', `/api/notice-channels/${encodeURIComponent(id)}`)
}
