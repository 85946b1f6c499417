"""The verbs of the product over one account: everything that shows or sends goes through here.

`desk` has the service itself, `stored` what the store gives that is shown. Each module is imported by who needs it: the
first frame needs little of it.
"""
