/** The check of a connection to Autotask: zone, each right, each value of the mapping, the webhook. Nothing is written: Autotask says of each entity what our user may do. */
import type { ConnectionCheck, TicketMapping } from '../../schemas/tickets.ts'
import { path } from '../http/address.ts'
import { checkAll, type Probe } from '../checks.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { call, item, picklists, query, zone } from './api.ts'
import { directory, ownId } from './lookups.ts'
import { labels, numberOf, pick, PLACES, publishOf, noteBody } from './map.ts'
import type { AtPick, AtResource } from './types.ts'

const DEEDS = { Query: 'View', Create: 'Add', Update: 'Edit' } as const
interface Need { readonly entity: string; readonly called: string; readonly deeds: readonly (keyof typeof DEEDS)[] }

const NEEDED: readonly Need[] = [
  { entity: 'Tickets', called: 'tickets', deeds: ['Query', 'Create', 'Update'] }, { entity: 'TicketNotes', called: 'ticket notes', deeds: ['Query', 'Create'] }, { entity: 'TicketAttachments', called: 'ticket attachments', deeds: ['Query', 'Create'] },
  { entity: 'Companies', called: 'companies', deeds: ['Query'] }, { entity: 'ConfigurationItems', called: 'configuration items', deeds: ['Query'] }, { entity: 'Resources', called: 'resources', deeds: ['Query'] },
]
const TIME: Need = { entity: 'TimeEntries', called: 'time entries', deeds: ['Query', 'Create'] }

/** Finds all that is missing. */
export function check(ctx: CallContext): Promise<ConnectionCheck> {
  const { mapping } = ctx.connection
  const isBooking = (mapping.place.timeResource ?? '') !== ''
  return checkAll([...reach(ctx), ...[...NEEDED, ...(isBooking ? [TIME] : [])].map((need) => right(need, ctx)), own(ctx), ...values(mapping, ctx), ...(isBooking ? [booking(ctx)] : []), webhook(ctx)])
}

function reach(ctx: CallContext): readonly Probe[] {
  return [
    { name: 'zone', needs: 'the user name (key) of an API user', run: async () => `the database is served from ${(await zone(ctx)).url}` },
    {
      name: 'credentials and calls left', needs: 'Web Services API: Can login to Web Services API',
      run: async () => {
        const { externalRequestThreshold: most = 10_000, currentTimeframeRequestCount: used = 0 } = ((await call(ctx, { method: 'GET', path: '/ThresholdInformation', action: 'retrieved', reference: 'read calls used' })) ?? {}) as { externalRequestThreshold?: number; currentTimeframeRequestCount?: number }
        return `${used} of ${most} calls of this hour are used by all integrations together`
      },
    },
  ]
}

/** Autotask names, for each entity, what our user may do: `None`, `Restricted` or `All`. */
function right({ entity, called, deeds }: Need, ctx: CallContext): Probe {
  return {
    name: `rights: ${called}`, needs: deeds.map((deed) => `${called} ${DEEDS[deed]}`).join(', '),
    run: async () => {
      const body = await call(ctx, { method: 'GET', path: `/${entity}/entityInformation`, action: 'retrieved', reference: `read what may be done with ${called}` })
      const info = typeof body === 'object' && body !== null && 'info' in body && typeof body.info === 'object' && body.info !== null ? (body.info as Readonly<Record<string, unknown>>) : {}
      const lacking = deeds.filter((deed) => info[`userAccessFor${deed}`] === 'None')
      if (lacking.length > 0) throw new ConnectorError('invalid', `Autotask: the security level of the API user lacks ${lacking.map((deed) => `"${called} ${DEEDS[deed]}"`).join(', ')}`)
      const excess = info.userAccessForDelete === 'All' || info.userAccessForDelete === 'Restricted' ? '; it may delete them too, which is not needed: take that away' : ''
      return `the API user may ${deeds.map((deed) => DEEDS[deed].toLowerCase()).join(', ')} ${called}${excess}`
    },
  }
}

function own(ctx: CallContext): Probe {
  return {
    name: 'our API user', needs: 'Admin: resources View',
    run: async () => {
      const resources = await directory(ctx)
      const id = ownId(ctx, resources)
      if (id !== null && !resources.has(id)) throw new ConnectorError('invalid', `there is no resource ${id}: correct the field "Id of the API user"`)
      if (id === null) throw new ConnectorError('invalid', 'the API user is not found among the resources, so what it writes would be taken for a technician’s: enter its id in the field "Id of the API user" (open it in Admin > Resources/Users; the id stands in the address)')
      return `what resource ${id} writes is known as ours`
    },
  }
}

function values({ status, priority, place }: TicketMapping, ctx: CallContext): readonly Probe[] {
  const needs = 'Service Desk: tickets View All'
  const known = (name: string, wanted: string, field: string): Probe => ({ name, needs, run: async () => found(wanted, field, (await picklists(ctx, 'Tickets'))[field] ?? []) })
  return [
    ...Object.entries(status).map(([state, wanted]) => known(`mapping: status ${state}`, wanted, 'status')),
    ...Object.entries(priority).map(([severity, wanted]) => known(`mapping: priority ${severity}`, wanted, 'priority')),
    ...Object.entries(PLACES).flatMap(([name, field]) => (place[name] === undefined || place[name] === '' ? [] : [known(`mapping: ${name}`, place[name], field)])),
    known('mapping: type of parents', place.problemType ?? 'Problem', 'ticketType'),
    {
      name: 'mapping: notes', needs: 'Service Desk: ticket notes View',
      run: async () => {
        const picks = await picklists(ctx, 'TicketNotes')
        const mapping = ctx.connection.mapping
        const [internal, open] = [publishOf(false, mapping, picks.publish ?? []), publishOf(true, mapping, picks.publish ?? [])]
        if (internal === open) throw new ConnectorError('invalid', `internal and public notes would be seen by the same people: correct "internalPublish" and "publicPublish"; there are ${labels(picks.publish ?? [])}`)
        noteBody({ text: 'x', token: 'x', isPublic: false }, mapping, picks)
        return 'internal notes, public notes and their type are known'
      },
    },
    ...(place.company === undefined || place.company === '' ? [] : [{
      name: 'mapping: company', needs: 'CRM: companies View All',
      run: async () => {
        const company = await item<{ companyName?: string | null }>(ctx, path`/Companies/${numberOf(place.company ?? '')}`, 'read the company for all others')
        if (company === null) throw new ConnectorError('invalid', `there is no company with the id ${place.company ?? ''}: correct place "company"`)
        return `tickets without a matched company go to ${company.companyName ?? ''}`
      },
    }]),
  ]
}

function found(wanted: string, field: string, picks: readonly AtPick[]): string {
  return `"${wanted}" is ${pick(field, wanted, picks)}`
}

function booking(ctx: CallContext): Probe {
  return {
    name: 'mapping: timeResource', needs: 'Admin: resources View',
    run: async () => {
      const id = ctx.connection.mapping.place.timeResource ?? ''
      const resource = await item<AtResource>(ctx, path`/Resources/${numberOf(id)}`, 'read the resource time is booked on')
      if (resource === null || resource.isActive === false) throw new ConnectorError('invalid', `there is no active resource ${id}: correct place "timeResource"`)
      if (resource.defaultServiceDeskRoleID == null) throw new ConnectorError('invalid', `resource ${id} has no default service desk role, without which no time can be booked: set one`)
      return `time is booked on ${[resource.firstName, resource.lastName].join(' ').trim()}`
    },
  }
}

/** Whether changes come by themselves. Without a webhook they are asked for, which is no fault; one that can never speak is. */
function webhook(ctx: CallContext): Probe {
  return {
    name: 'webhook', needs: 'Service Desk: tickets View All',
    run: async () => {
      const where = `/${ctx.connection.id}`
      let ours: { readonly isActive?: boolean | null; readonly isReady?: boolean | null } | undefined
      try {
        const { items } = await query<{ readonly webhookUrl?: string | null; readonly isActive?: boolean | null; readonly isReady?: boolean | null }>(ctx, 'TicketWebhooks', { filter: [{ op: 'exist', field: 'id' }], reference: 'look for our webhook' })
        ours = items.find(({ webhookUrl }) => webhookUrl?.includes(where) === true)
      } catch (error) {
        if (!(error instanceof ConnectorError) || !['forbidden', 'invalid', 'not_found'].includes(error.code)) throw error
        return 'the API user may not see webhooks; if there is none, changes are seen by polling'
      }
      if (ours === undefined) return 'there is none for this connection: changes are seen by polling'
      if (ours.isActive === false) throw new ConnectorError('invalid', 'the webhook is switched off: Autotask does so after many failures; make it active again')
      if (ours.isReady === false) throw new ConnectorError('invalid', 'the webhook never becomes ready without a subscribed field: subscribe the status, the assigned resource and the priority')
      return 'the webhook is ready'
    },
  }
}
