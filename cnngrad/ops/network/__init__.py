"""Networks: layers in order, a loss, one step of descent."""
