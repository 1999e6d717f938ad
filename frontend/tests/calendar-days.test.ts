import { expect, test } from 'vitest'
import { readDays, spansOf } from '@/views/admin/calendarDays'

test('a list of days is read line by line, and what is no day is named by its line', () => {
  const text = '\uFEFF日期,当天,说明\r\n2027-02-06,休,春节\n2027-02-14,班\n\n2027-02-30,休\n2027-03-01,也许\n2027-03-02\tworked\t调休'
  expect(readDays(text)).toEqual({
    days: [
      { day: '2027-02-06', kind: 'off', note: '春节' },
      { day: '2027-02-14', kind: 'worked', note: '' },
      { day: '2027-03-02', kind: 'worked', note: '调休' },
    ],
    wrong: [5, 6],
  })
  expect(readDays('没有列名的说明,休').days).toEqual([])
})

test('days that follow one another are one span, also over the end of a month', () => {
  expect(spansOf(['2027-01-30', '2027-01-31', '2027-02-01', '2027-02-10'])).toEqual(['2027-01-30 ~ 02-01', '2027-02-10'])
  expect(spansOf([])).toEqual([])
})
