"""A window says: input cell x meets kernel tap k in output cell o. Integers and shapes, no values.

This is the only place where stride, padding, dilation, groups and ceil_mode are arithmetic; the mistakes that
people make with them are settings of an axis, in `ops`.
"""
