-module(hot_deploy_contents_tests).
-include_lib("eunit/include/eunit.hrl").
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2]).

init(Protection) ->
    Table = ets:new(hd_table, [Protection]),
    ets:insert(Table, [{key, 1}, {<<"long enough to be cut, and of no use to anybody who would read it">>, self()}]),
    {ok, Table}.
handle_call(_, _, Table) -> {reply, ok, Table}.
handle_cast(_, Table) -> {noreply, Table}.

%% An owner that belongs to an application, as every process of a release does.
contents(Protection) ->
    Start = fun() -> gen_server:start_link({local, hd_owner}, ?MODULE, Protection, []) end,
    ok = application:load({application, hd_app, [{applications, [kernel, stdlib]}, {mod, {hot_deploy_tree_app, Start}}, {vsn, "1"}]}),
    ok = application:start(hd_app),
    try hot_deploy_contents:read(#{salt => <<"salt">>})
    after
        application:stop(hd_app),
        application:unload(hd_app)
    end.

rows(#{tables := Tables}) -> [Rows || #{table := <<"hd_app: hd_table">>, rows := Rows} <- Tables].

a_private_table_is_read_inside_its_owner_test() ->
    [[_, _]] = Rows = rows(contents(private)),
    ?assertEqual(Rows, rows(contents(public))).

rows_tell_short_keys_and_where_a_process_stands_and_no_values_test() ->
    [Rows] = rows(contents(protected)),
    ?assertEqual([<<"key">>], [Key || #{key := Key} <- Rows]),
    [?assertEqual(nomatch, binary:match(Row, <<"long">>)) || #{row := Row} <- Rows],
    %% The pid is another one each time, and the place is not.
    ?assertEqual([Rows], rows(contents(protected))).

what_the_platform_keeps_is_left_out_test() ->
    #{tables := Tables} = contents(public),
    ?assertEqual([], [Table || #{table := Table} <- Tables, binary:match(Table, <<"ac_tab">>) =/= nomatch]).
