/** Companies, machines, technicians, choice values, articles. */
import { describe, expect } from 'vitest'
import { declarer, HOSTILE, type ConnectorSubject } from './subject.ts'

const NOBODY = 'zzzunheardof'

export function lookingUp(subject: ConnectorSubject): void {
  const { connector } = subject
  const test = declarer(subject)

  describe('looking up', () => {
    test('finds a company by its name, and none by another', async ({ fake: { world }, ctx }) => {
      expect(await connector.findCompanies(world.company.name, ctx())).toMatchObject([{ externalId: world.company.id, name: world.company.name }])
      expect(await connector.findCompanies(world.company.name.slice(0, 4), ctx())).toContainEqual(expect.objectContaining({ externalId: world.company.id }))
      expect(await connector.findCompanies(NOBODY, ctx())).toEqual([])
    }, ({ companies }) => companies)

    test('finds a machine of the company, and none of another', async ({ fake: { world }, ctx }) => {
      const name = world.asset?.name ?? ''
      expect(await connector.findAssets(world.company.id, name, ctx())).toContainEqual(expect.objectContaining({ externalId: world.asset?.id, name }))
      expect((await connector.findAssets(world.otherCompany.id, name, ctx())).map(({ externalId }) => externalId)).not.toContain(world.asset?.id)
      expect(await connector.findAssets(world.company.id, NOBODY, ctx())).toEqual([])
    }, ({ assets }) => assets)

    test('finds a technician by name and by e-mail', async ({ fake: { world }, ctx }) => {
      for (const user of world.users) for (const query of [user.name, user.email]) expect(await connector.findUsers(query, ctx()), query).toContainEqual(expect.objectContaining({ externalId: user.id, name: user.name }))
      expect(await connector.findUsers(NOBODY, ctx())).toEqual([])
    }, ({ assign }) => assign)

    test('lists the values of its own default mapping among the choices', async ({ ctx, connection }) => {
      const choices = await connector.choices(ctx())
      const known = (list: readonly { readonly id: string; readonly name: string }[]): Set<string> => new Set(list.flatMap(({ id, name }) => [id, name]))
      for (const status of Object.values(connection.mapping.status)) expect(known(choices.statuses)).toContain(status)
      for (const priority of Object.values(connection.mapping.priority)) expect(known(choices.priorities)).toContain(priority)
    })

    test('finds an article by its words', async ({ fake: { world }, ctx }) => {
      expect(await connector.searchKnowledge(world.article?.title ?? '', ctx())).toMatchObject([{ externalId: world.article?.id, title: world.article?.title }])
      expect(await connector.searchKnowledge(NOBODY, ctx())).toEqual([])
    }, ({ knowledge }) => knowledge)

    test('takes hostile words for words', async ({ fake, ctx }) => {
      const { capabilities } = connector
      if (capabilities.companies) expect(await connector.findCompanies(HOSTILE, ctx())).toEqual([])
      if (capabilities.assets) expect(await connector.findAssets(fake.world.company.id, HOSTILE, ctx())).toEqual([])
      if (capabilities.assign) expect(await connector.findUsers(HOSTILE, ctx())).toEqual([])
      if (capabilities.knowledge) expect(await connector.searchKnowledge(HOSTILE, ctx())).toEqual([])
      expect(fake.calls.filter(({ path }) => path.includes('<'))).toEqual([])
    })
  })
}
