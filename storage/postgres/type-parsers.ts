import pg from 'pg'
import { AppError } from '../../schemas/errors.ts'

const { INT8 } = pg.types.builtins

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new AppError('internal', `a bigint column holds ${text}, which a number cannot hold exactly; select it as text`)
  return value
}

/**
 * How values come back: bigint as a number (positions, counts and ids stay below 2^53; a larger one throws `internal` rather than round), timestamptz
 * as Date, json and jsonb parsed, bytea as Buffer, numeric as text because a number would round it.
 */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser(oid, format): unknown {
    if (oid === INT8 && format !== 'binary') return wholeNumber
    const standard: unknown = pg.types.getTypeParser(oid, format)
    return standard
  },
}
