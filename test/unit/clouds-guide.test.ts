import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { permissionPolicy } from '../../remediator/cloud/onboarding/aws.ts'
import { roleDefinition } from '../../remediator/cloud/onboarding/azure.ts'
import { GCP_PERMISSIONS } from '../../remediator/cloud/onboarding/gcp.ts'
import { CLOUD_SCHEMAS } from '../../remediator/cloud/schemas.ts'

const GUIDE = readFileSync(join(import.meta.dirname, '../../docs/clouds.md'), 'utf8')
const part = (title: string): string => GUIDE.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? ''

it.each([['aws', 'AWS'], ['azure', 'Azure'], ['gcp', 'Google Cloud']] as const)('docs/clouds.md names every field of %s', (cloud, title) => {
  expect(CLOUD_SCHEMAS[cloud].fields.map(({ name }) => name).filter((name) => !part(title).includes(`\`${name}\``))).toEqual([])
})

it('docs/clouds.md names every right that the onboarding texts ask for', () => {
  const aws = (permissionPolicy({ accountId: '123456789012', regions: 'eu-central-1', outputBucket: 'b', logGroup: 'g' }) as { Statement: { Action: string | string[] }[] }).Statement.flatMap(({ Action }) => Action)
  expect(aws.filter((action) => !part('AWS').includes(action))).toEqual([])
  const last = (action: string): string => action.split('/').at(-1) ?? ''
  expect((roleDefinition({}) as { Actions: string[] }).Actions.filter((action) => !part('Azure').includes(last(action)))).toEqual([])
  expect(GCP_PERMISSIONS.filter((right) => !part('Google Cloud').includes(right.split('.').slice(0, -1).join('.')) || !part('Google Cloud').includes(last(right.replaceAll('.', '/'))))).toEqual([])
})

it('each field says what it is, with an example that it takes itself', () => {
  for (const { fields } of Object.values(CLOUD_SCHEMAS)) {
    for (const { name, title, description, example, pattern, values } of fields) {
      expect([name, title.length > 0, description.length > 20, example.length > 0]).toEqual([name, true, true, true])
      if (values.length > 0) expect(values).toContain(example)
      for (const one of pattern === null || name === 'externalId' ? [] : example.split(',').map((text) => text.trim())) expect(one).toMatch(new RegExp(`^(?:${pattern?.source ?? ''})$`))
    }
  }
})
