/** The parts of the program that run as processes, in the order of the flow. */
export const ROLE_NAMES = ['ingest', 'process', 'correlate', 'project', 'record', 'analyse', 'remediate', 'notify', 'sync', 'relay', 'api'] as const

/** One of the roles above. */
export type RoleName = (typeof ROLE_NAMES)[number]
