class A:
	def f(self):
		if a:
			return 1;