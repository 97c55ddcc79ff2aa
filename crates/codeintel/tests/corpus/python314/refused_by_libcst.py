t"a" t'{b}'; tr"\d{a}"
