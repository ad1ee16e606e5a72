import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { unknownAdapter } from './index.ts'

const FOLDER = import.meta.dirname
const adapter = unknownAdapter('some-tool')

describeGolden(adapter, FOLDER)

describe('the recogniser of unknown tools', () => {
  it('answers under the id it was asked for and says how sure it is', () => {
    expect(runGolden(adapter, FOLDER, 'firing')).toEqual([expect.objectContaining({ source: 'some-tool', labels: expect.objectContaining({ recognised_confidence: '1.0' }) })])
  })

  it('is hardly sure of a message that is only words', () => {
    expect(runGolden(adapter, FOLDER, 'missing-optional-fields')[0]).toMatchObject({ labels: { recognised_confidence: '0.0' } })
  })
})
