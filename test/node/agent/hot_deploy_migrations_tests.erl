-module(hot_deploy_migrations_tests).
-include_lib("eunit/include/eunit.hrl").

%% Names of modules are built, since this file's own beam must not hold them.
-define(MIGRATOR, "'Elixir.Ecto.Migrator'").

stock_phoenix_test() ->
    Read = read(#{
        'Elixir.Shop.Application' => "start(_, _) -> 'Elixir.Shop.Repo':go([{'Elixir.Shop.Endpoint', []}]).",
        'Elixir.Shop.Endpoint' => "go() -> 'Elixir.Shop.Router':go().",
        'Elixir.Shop.Release' => "migrate() -> " ?MIGRATOR ":run()."
    }),
    ?assertMatch(#{runners := [<<"Elixir.Shop.Release">>], starters := []}, Read).

in_the_start_function_test() ->
    Read = read(#{
        'Elixir.Shop.Application' => "start(_, _) -> 'Elixir.Shop.Release':migrate().",
        'Elixir.Shop.Release' => "migrate() -> " ?MIGRATOR ":run()."
    }),
    ?assertMatch(#{starters := [#{application := shop, module := <<"Elixir.Shop.Application">>, migrator := <<"Elixir.Shop.Release">>}]}, Read).

behind_a_module_of_its_own_test() ->
    Read = read(#{
        'Elixir.Shop.Application' => "start(_, _) -> 'Elixir.Shop.Boot':go().",
        'Elixir.Shop.Boot' => "go() -> 'Elixir.Shop.Release':migrate().",
        'Elixir.Shop.Release' => "migrate() -> " ?MIGRATOR ":run()."
    }),
    ?assertMatch(#{starters := [#{migrator := <<"Elixir.Shop.Release">>}]}, Read).

%% A constant list of children leaves no atom in the code, only a literal.
as_a_child_test() ->
    Read = read(#{
        'Elixir.Shop.Application' => "start(_, _) -> supervisor:start_link([{" ?MIGRATOR ", [{repos, [a]}]}])."
    }),
    ?assertMatch(#{starters := [#{migrator := <<"Elixir.Ecto.Migrator">>}]}, Read).

tasks_of_mix_do_not_count_test() ->
    Read = read(#{
        'Elixir.Shop.Application' => "start(_, _) -> ok.",
        'Elixir.Mix.Tasks.Shop.Up' => "run() -> " ?MIGRATOR ":run()."
    }),
    ?assertEqual(#{runners => [], starters => []}, Read).

read(Modules) ->
    Directory = filename:join("/tmp", "hot_deploy_migrations_" ++ os:getpid() ++ "_" ++ integer_to_list(erlang:unique_integer([positive]))),
    Ebin = filename:join(Directory, "ebin"),
    ok = filelib:ensure_dir(filename:join(Ebin, "x")),
    try
        ok = file:write_file(
            filename:join(Ebin, "shop.app"), io_lib:format("~p.~n", [{application, shop, [{mod, {'Elixir.Shop.Application', []}}]}])
        ),
        [write(Ebin, Module, Source) || {Module, Source} <- maps:to_list(Modules)],
        hot_deploy_migrations:read(#{applications => [{shop, Directory}]})
    after
        file:del_dir_r(Directory)
    end.

write(Ebin, Module, Source) ->
    Text = io_lib:format("-module(~p). -compile([export_all, nowarn_export_all]). ~s\n", [Module, Source]),
    {ok, Module, Beam} = compile:forms(forms(lists:flatten(Text), 1), []),
    ok = file:write_file(filename:join(Ebin, atom_to_list(Module) ++ ".beam"), Beam).

forms(Text, Line) ->
    case erl_scan:tokens([], Text, Line) of
        {done, {ok, Tokens, Next}, Rest} ->
            {ok, Form} = erl_parse:parse_form(Tokens),
            [Form | forms(Rest, Next)];
        {more, _} ->
            []
    end.
