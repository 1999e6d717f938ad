/** An answer that refuses, as a problem document (RFC 9457), or the network that gave none. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(detail)
    this.name = 'ApiProblem'
  }

  /** A text in `details`, or the empty string. */
  text(key: string): string {
    const value = this.details[key]
    return typeof value === 'string' ? value : ''
  }
}

export function isProblem(error: unknown, code?: string): error is ApiProblem {
  return error instanceof ApiProblem && (code === undefined || error.code === code)
}

/** Whether what an address names is not there: not found, or an id in it that can be nobody's. */
export function isMissing(problem: ApiProblem | null): boolean {
  if (!problem) return false
  const fields = problem.details['fields']
  const named = Array.isArray(fields) ? fields.map((one: { field?: unknown }) => String(one.field)) : []
  return problem.status === 404 || (named.length > 0 && named.every((field) => field.startsWith('path.')))
}

interface ProblemBody {
  title?: unknown
  detail?: unknown
  code?: unknown
  details?: unknown
}

/** Reads the problem document of a response; a body that is none becomes a problem of its own. */
export async function problemOf(response: Response, unreadable: string): Promise<ApiProblem> {
  let body: ProblemBody = {}
  try {
    body = (await response.json()) as ProblemBody
  } catch {
    // A proxy in between answered with a page of its own.
  }
  const text = (value: unknown, otherwise: string) => (typeof value === 'string' && value ? value : otherwise)
  return new ApiProblem(
    response.status,
    text(body.code, `HTTP_${response.status}`),
    text(body.title, ''),
    text(body.detail, unreadable),
    typeof body.details === 'object' && body.details !== null ? (body.details as Record<string, unknown>) : {},
  )
}
