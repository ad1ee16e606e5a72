/** `aw master-key`: how secrets are sealed, and sealing them anew under another key. */
import type { Readable } from 'node:stream'
import type { Clock } from '../schemas/clock.ts'
import type { MasterKeyView } from '../schemas/connection-views.ts'
import { AppError } from '../schemas/errors.ts'
import type { ApiClient } from './client.ts'
import { secretIn } from './input.ts'

const LOOK_EVERY_MS = 1_000

/** How it stands. */
export async function masterKey(api: ApiClient): Promise<MasterKeyView> {
  return api.call<MasterKeyView>('GET', '/api/master-key')
}

/** Changes the key, or goes on with a change, and waits for its end. Throws `conflict` where it stopped. */
export async function rotateMasterKey(api: ApiClient, { keyFile }: { readonly keyFile?: string }, { clock, input, say }: { readonly clock: Clock; readonly input: Readable; readonly say: (text: string) => void }): Promise<MasterKeyView> {
  const newKey = keyFile === undefined ? undefined : await secretIn(keyFile, '--key-file', input)
  let view = await api.call<MasterKeyView>('POST', '/api/master-key/rotate', newKey === undefined ? {} : { newKey })
  while (view.isUnderWay) {
    say(`${view.sealed - view.left} of ${view.sealed} sealed anew`)
    await clock.sleep(LOOK_EVERY_MS)
    view = await masterKey(api)
    if (view.error !== null) throw new AppError('conflict', view.error)
  }
  return view
}

/** It in words. */
export function masterKeyText({ source, sealed, left, unreadable, isUnderWay, error, next }: MasterKeyView): string {
  return [
    `${sealed} secrets are stored, ${left === 0 ? 'all sealed under the present key' : `${left} of them under another key`}; the key comes from ${source === 'environment' ? 'AW_MASTER_KEY' : 'the data directory'}`,
    ...(isUnderWay ? ['a change of the key is under way'] : []), ...(error === null ? [] : [`it stopped: ${error}`]),
    ...(unreadable.length === 0 ? [] : [`these open under no key there is, store them again: ${unreadable.join(', ')}`]), ...(next === null ? [] : [next]),
  ].join('\n')
}
