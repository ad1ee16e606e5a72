/** What is read of HaloPSA's records; everything may be absent or null. */

/** A ticket ("fault"), as listed or read alone. */
export interface HaloTicket {
  readonly id?: number
  readonly summary?: string | null
  readonly status_id?: number | null
  readonly status_name?: string | null
  readonly priority_id?: number | null
  readonly client_id?: number | null
  readonly agent_id?: number | null
  readonly agent_name?: string | null
  readonly parent_id?: number | null
  readonly merged_into_id?: number | null
  readonly deleted?: boolean | null
  readonly dateoccurred?: string | null
  readonly last_update?: string | null
  readonly lastactiondate?: string | null
}

/** An action: a note, an e-mail, time, or what the system wrote down. */
export interface HaloAction {
  readonly id?: number
  readonly ticket_id?: number | null
  readonly note?: string | null
  readonly note_html?: string | null
  readonly hiddenfromuser?: boolean | null
  readonly who?: string | null
  readonly who_agentid?: number | null
  readonly email_message_id?: string | null
  readonly emailbody?: string | null
  readonly datetime?: string | null
}

/** A customer. */
export interface HaloClient {
  readonly id?: number
  readonly name?: string | null
  readonly domain?: string | null
  readonly website?: string | null
  readonly inactive?: boolean | null
}

/** An asset. */
export interface HaloAsset {
  readonly id?: number
  readonly inventory_number?: string | null
  readonly key_field?: string | null
  readonly key_field2?: string | null
  readonly key_field3?: string | null
}

/** An agent, as technicians are called. */
export interface HaloAgent {
  readonly id?: number
  readonly name?: string | null
  readonly email?: string | null
  readonly isdisabled?: boolean | null
}

/** A status, type, team, category or other choice. */
export interface HaloChoice {
  readonly id?: number | string
  /** Of priorities alone: what a ticket's `priority_id` holds. */
  readonly priorityid?: number | null
  readonly name?: string | null
  readonly value?: string | null
}
