/** One thing somebody does in a cloud, with a text to copy where there is one. */
export interface Step { readonly title: string; readonly text: string; readonly code: string | null }

/** JSON to be copied. */
export const pretty = (value: unknown): string => JSON.stringify(value, null, 2)

/** The parts of a comma separated list. */
export const listOf = (text: string | undefined): readonly string[] => (text ?? '').split(',').map((part) => part.trim()).filter((part) => part !== '')
