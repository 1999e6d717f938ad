import { describe, expect, it } from 'vitest'
import { reactive, ref } from 'vue'
import { carry, takeCarried } from '@/views/wizard/carried'
import type { Draft } from '@/views/wizard/draft'

const writing = (id: string) =>
  ({ id: ref(id), version: ref(3), details: reactive({ reason: '采购检测设备' }), amountText: ref('150万') }) as unknown as Draft

describe('what was typed when the session ended', () => {
  it('comes back to the same person and draft once', () => {
    carry('p1', writing('r1'))
    expect(takeCarried('p1', 'r1', 3)).toMatchObject({ details: { reason: '采购检测设备' }, amountText: '150万' })
    expect(takeCarried('p1', 'r1', 3)).toBeNull()
  })

  it('goes to nobody else, nor over what was saved since', () => {
    for (const [person, request, version] of [['p2', 'r1', 3], ['p1', 'r2', 3], ['p1', 'r1', 4]] as const) {
      carry('p1', writing('r1'))
      expect(takeCarried(person, request, version)).toBeNull()
    }
    carry('p1', writing(''))
    expect(takeCarried('p1', '', 3)).toBeNull()
  })
})
