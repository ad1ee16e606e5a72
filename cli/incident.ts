/** Incidents as people name them at a terminal: by number, as the page and `aw send` show it, or by id. */
import { AppError } from '../schemas/errors.ts'
import type { IncidentView, Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'

/** The id of `12`, `#12` or an id. Throws `not_found` for a number nobody has. */
export async function incidentId(api: ApiClient, named: string): Promise<string> {
  const number = /^#?(\d{1,15})$/.exec(named)?.[1]
  if (number === undefined) return named
  // Words of titles are found too, so not all that is found has the number.
  const { items } = await api.call<Page<IncidentView>>('GET', `/api/incidents?${new URLSearchParams({ q: `#${number}`, limit: '200' }).toString()}`)
  const found = items.find((one) => one.number === Number(number))
  if (found === undefined) throw new AppError('not_found', `there is no incident #${number}, or it is none of yours`)
  return found.id
}
