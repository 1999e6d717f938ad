import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import DragMark from '@/placement/DragMark.vue'

const mark = (extra = {}) =>
  mount(DragMark, { props: { x: 10, y: 20, width: 40, height: 40, scale: 4, label: '公章', ...extra } })

describe('a mark on a page', () => {
  it('lies at its place at true size and says where it is', () => {
    const wrapper = mark()
    expect(wrapper.attributes('style')).toContain('left: 40px')
    expect(wrapper.attributes('style')).toContain('width: 160px')
    expect(wrapper.get('output').text()).toBe('x 10.0 mm, y 20.0 mm')
    expect(wrapper.attributes('tabindex')).toBe('0')
  })

  it('moves with the arrow keys', async () => {
    const wrapper = mark()
    await wrapper.trigger('keydown', { key: 'ArrowRight' })
    await wrapper.trigger('keydown', { key: 'ArrowDown', shiftKey: true })
    await wrapper.trigger('keydown', { key: 'Tab' })
    expect(wrapper.emitted('move')).toEqual([[{ x: 11, y: 20 }], [{ x: 10, y: 20.1 }]])
  })

  it('moves up and down only along a seam', async () => {
    const wrapper = mark({ vertical: true })
    await wrapper.trigger('keydown', { key: 'ArrowRight' })
    await wrapper.trigger('keydown', { key: 'ArrowUp' })
    expect(wrapper.emitted('move')).toEqual([[{ x: 10, y: 20 }], [{ x: 10, y: 19 }]])
  })

  it('is removed with Delete', async () => {
    const wrapper = mark()
    await wrapper.trigger('keydown', { key: 'Delete' })
    expect(wrapper.emitted('remove')).toHaveLength(1)
  })

  it('stays where it is once it is submitted', async () => {
    const wrapper = mark({ fixed: true })
    await wrapper.trigger('keydown', { key: 'ArrowRight' })
    expect(wrapper.emitted('move')).toBeUndefined()
    expect(wrapper.attributes('tabindex')).toBeUndefined()
  })
})
